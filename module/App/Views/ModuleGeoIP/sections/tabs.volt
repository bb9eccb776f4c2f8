<div class="ui top attached tabular menu" id="geoip-tabs" role="tablist">
    <a class="active item" role="tab" href="#countries" id="geoip-open-countries" aria-controls="geoip-tab-countries">
        {{ t._('module_geoip_countries') }}
    </a>
    <a class="item" role="tab" href="#lists" id="geoip-open-lists" aria-controls="geoip-tab-lists">
        {{ t._('module_geoip_tab_lists') }}
    </a>
    <a class="item" role="tab" href="#activity" id="geoip-open-activity" aria-controls="geoip-tab-activity">
        {{ t._('module_geoip_activity') }}
    </a>
    <a class="item" role="tab" href="#exceptions" id="geoip-open-exceptions" aria-controls="geoip-tab-exceptions">
        {{ t._('module_geoip_tab_exceptions') }}
    </a>
    <a class="item" role="tab" href="#settings" id="geoip-open-settings" aria-controls="geoip-tab-settings">
        {{ t._('module_geoip_tab_settings') }}
    </a>
</div>
