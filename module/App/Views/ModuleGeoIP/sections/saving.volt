<div id="geoip-saving">
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/confirming") }}
    <div id="geoip-counters"></div>
    <div id="geoip-saving-note" role="status"></div>
    <button type="button" class="ui basic button" id="geoip-discard" hidden>{{ t._('module_geoip_discard') }}</button>
    {{ partial("partials/submitbutton") }}
</div>
