<div id="module-geoip" data-policy="{{ policy|e }}" data-affected="{{ affected|e }}">
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/status") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/confirming") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/learning") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/data") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/countries") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/activity") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/addresses") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/safety") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/order") }}
    {{ partial("Modules/ModuleGeoIP/ModuleGeoIP/sections/saving") }}
</div>
