<div class="ui stackable two column grid">
    <div class="stretched column">
        <section class="ui segment" aria-labelledby="geoip-exceptions-title">
            <h2 class="ui small header" id="geoip-exceptions-title">
                {{ t._('module_geoip_exceptions') }}
                <span class="sub header">{{ t._('module_geoip_exceptions_text') }}</span>
            </h2>
            <form class="ui form" id="geoip-exception-form">
                <div class="field">
                    <label for="geoip-exception">{{ t._('module_geoip_exception') }}</label>
                    <div class="ui action input">
                        <input type="text" id="geoip-exception" placeholder="198.51.100.0/24" autocomplete="off"
                               spellcheck="false" aria-describedby="geoip-exception-error" data-changes>
                        <button type="submit" class="ui button" data-changes>{{ t._('module_geoip_exception_add') }}</button>
                    </div>
                </div>
                <p class="geoip-error" id="geoip-exception-error" role="alert"></p>
            </form>
            <ul class="geoip-exceptions" id="geoip-exceptions"></ul>
            <p class="geoip-note" id="geoip-exceptions-none">{{ t._('module_geoip_exceptions_none') }}</p>
        </section>
    </div>
    <div class="stretched column">
        <section class="ui segment" aria-labelledby="geoip-explain-title">
            <h2 class="ui small header" id="geoip-explain-title">
                {{ t._('module_geoip_explain') }}
                <span class="sub header">{{ t._('module_geoip_explain_text') }}</span>
            </h2>
            <form class="ui form" id="geoip-explain-form">
                <div class="field">
                    <label for="geoip-explain-address">{{ t._('module_geoip_explain_address') }}</label>
                    <div class="ui action input">
                        <input type="text" id="geoip-explain-address" placeholder="203.0.113.7" autocomplete="off"
                               spellcheck="false" data-asks>
                        <button type="submit" class="ui button" data-asks>{{ t._('module_geoip_explain_check') }}</button>
                    </div>
                </div>
            </form>
            <div id="geoip-explanation" role="status"></div>
        </section>
    </div>
</div>
