<div class="geoip-columns">
    <section aria-labelledby="geoip-exceptions-title">
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
            <div class="two fields">
                <div class="field">
                    <label for="geoip-exception-note">{{ t._('module_geoip_exception_note') }}</label>
                    <input type="text" id="geoip-exception-note" maxlength="200" autocomplete="off" data-changes>
                </div>
                <div class="field">
                    <label for="geoip-exception-end">{{ t._('module_geoip_exception_end') }}</label>
                    <select id="geoip-exception-end" data-changes>
                        <option value="">{{ t._('module_geoip_exception_never') }}</option>
                        <option value="date">{{ t._('module_geoip_exception_date') }}</option>
                    </select>
                    <input type="datetime-local" id="geoip-exception-date" aria-describedby="geoip-exception-error"
                           aria-label="{{ t._('module_geoip_exception_end')|e }}" data-changes hidden>
                </div>
            </div>
            <p class="geoip-error" id="geoip-exception-error" role="alert"></p>
        </form>
        <div class="geoip-toolbar" id="geoip-exceptions-tools" hidden>
            <div class="ui small input">
                <input type="search" id="geoip-exceptions-search" autocomplete="off"
                       placeholder="{{ t._('module_geoip_exceptions_search')|e }}"
                       aria-label="{{ t._('module_geoip_exceptions_search')|e }}">
            </div>
            <span class="geoip-note" id="geoip-exceptions-count" role="status"></span>
        </div>
        <ul class="geoip-exceptions" id="geoip-exceptions"></ul>
        <p class="geoip-note" id="geoip-exceptions-none">{{ t._('module_geoip_exceptions_none') }}</p>
        <details id="geoip-import">
            <summary>{{ t._('module_geoip_import') }}</summary>
            <div class="ui form">
                <div class="field">
                    <label for="geoip-import-list">{{ t._('module_geoip_import_hint') }}</label>
                    <textarea id="geoip-import-list" rows="4" spellcheck="false" placeholder="198.51.100.0/24 3d # Berlin"
                              aria-describedby="geoip-import-errors" data-changes></textarea>
                </div>
                <div class="field">
                    <label for="geoip-import-file">{{ t._('module_geoip_import_file') }}</label>
                    <input type="file" id="geoip-import-file" accept=".txt,.csv,text/plain" data-changes>
                </div>
            </div>
            <button type="button" class="ui small basic button" id="geoip-import-add" data-changes>
                {{ t._('module_geoip_exception_add') }}
            </button>
            <div class="geoip-error" role="alert">
                <ul id="geoip-import-errors"></ul>
            </div>
        </details>
        <p class="geoip-note" id="geoip-import-outcome" role="status"></p>
    </section>
    <div>
        <section aria-labelledby="geoip-explain-title">
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
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/phones") }}
    </div>
</div>
