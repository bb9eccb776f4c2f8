<section aria-labelledby="geoip-networks-title">
    <h2 class="ui small header" id="geoip-networks-title">
        {{ t._('module_geoip_networks') }}
        <span class="sub header">{{ t._('module_geoip_networks_text') }}</span>
    </h2>
    <p class="geoip-error" id="geoip-networks-error" role="alert"></p>
    <div id="geoip-networks-choice" hidden>
        <div class="ui form">
            <div class="field">
                <label for="geoip-networks-search">{{ t._('module_geoip_networks_search') }}</label>
                <input type="search" id="geoip-networks-search" placeholder="OVH, AS14061" autocomplete="off" spellcheck="false"
                       maxlength="100" data-asks>
            </div>
        </div>
        <p class="geoip-note" id="geoip-networks-no-match" role="status" hidden>{{ t._('module_geoip_networks_no_match') }}</p>
        <ul class="geoip-exceptions" id="geoip-networks-found"></ul>
        <ul class="geoip-lists" id="geoip-networks-presets"></ul>
        <ul class="geoip-exceptions" id="geoip-networks" aria-labelledby="geoip-networks-title"></ul>
        <p class="geoip-note" id="geoip-networks-share" role="status"></p>
    </div>
    <div id="geoip-networks-data" hidden>
        <div class="ui form">
            <div class="field">
                <label for="geoip-networks-source">{{ t._('module_geoip_source') }}</label>
                <select id="geoip-networks-source" aria-describedby="geoip-networks-terms" data-changes></select>
            </div>
        </div>
        <p class="geoip-note" id="geoip-networks-terms"></p>
        <div id="geoip-networks-missing" hidden>
            <p id="geoip-networks-missing-text"></p>
            <button type="button" class="ui basic primary button" id="geoip-networks-get" data-changes>
                <i class="download icon" aria-hidden="true"></i>{{ t._('module_geoip_networks_get') }}
            </button>
        </div>
        <p class="geoip-error" id="geoip-networks-data-error" role="alert"></p>
    </div>
</section>
