<div id="module-geoip" data-policy="{{ policy|e }}" data-affected="{{ affected|e }}">
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/status") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/tabs") }}
    <div class="ui bottom attached segment" id="geoip-tab-countries" role="tabpanel" aria-labelledby="geoip-open-countries">
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/choice") }}
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/countries") }}
    </div>
    <div class="ui bottom attached segment" id="geoip-tab-lists" role="tabpanel" aria-labelledby="geoip-open-lists" hidden>
        <div class="geoip-columns">
            {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/lists") }}
            {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/networks") }}
        </div>
    </div>
    <div class="ui bottom attached segment" id="geoip-tab-activity" role="tabpanel" aria-labelledby="geoip-open-activity" hidden>
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/learning") }}
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/activity") }}
    </div>
    <div class="ui bottom attached segment" id="geoip-tab-exceptions" role="tabpanel" aria-labelledby="geoip-open-exceptions" hidden>
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/addresses") }}
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/order") }}
    </div>
    <div class="ui bottom attached segment" id="geoip-tab-settings" role="tabpanel" aria-labelledby="geoip-open-settings" hidden>
        {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/data") }}
        <div class="geoip-columns">
            {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/safety") }}
            <div>
                {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/admin") }}
                {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/export") }}
            </div>
        </div>
    </div>
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/saving") }}
</div>
