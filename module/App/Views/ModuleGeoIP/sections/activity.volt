<section id="geoip-activity" aria-labelledby="geoip-activity-title">
    <div class="geoip-toolbar">
        <h2 class="ui small header" id="geoip-activity-title">{{ t._('module_geoip_activity') }}</h2>
        <div class="ui small basic buttons" id="geoip-activity-periods" role="group"
             aria-label="{{ t._('module_geoip_activity_period')|e }}"></div>
    </div>
    <div id="geoip-activity-error" role="status"></div>
    <p id="geoip-activity-none" hidden></p>
    <div id="geoip-activity-content" hidden>
        <dl class="geoip-facts" id="geoip-activity-totals"></dl>
        <div id="geoip-trend"></div>
        <div class="geoip-columns">
            <div>
                <div class="geoip-list" id="geoip-activity-countries" role="region" tabindex="0"
                     aria-label="{{ t._('module_geoip_activity')|e }}: {{ t._('module_geoip_countries')|e }}"></div>
                <div class="geoip-list" id="geoip-activity-networks" role="region" tabindex="0"
                     aria-label="{{ t._('module_geoip_activity')|e }}: {{ t._('module_geoip_networks')|e }}" hidden></div>
                <div class="geoip-list" id="geoip-activity-lists" role="region" tabindex="0"
                     aria-label="{{ t._('module_geoip_activity')|e }}: {{ t._('module_geoip_lists')|e }}" hidden></div>
                <button type="button" class="ui mini basic button" id="geoip-activity-ask-lists"
                        data-changes>{{ t._('module_geoip_activity_lists') }}</button>
                <div class="geoip-note" id="geoip-activity-lists-note" role="status"></div>
            </div>
            <div>
                <div class="geoip-list" id="geoip-activity-addresses" role="region" tabindex="0"
                     aria-label="{{ t._('module_geoip_activity_addresses')|e }}"></div>
            </div>
        </div>
        <p class="geoip-note" id="geoip-activity-notes"></p>
    </div>
</section>
