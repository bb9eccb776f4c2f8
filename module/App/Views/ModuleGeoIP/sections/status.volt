<button type="button" class="ui button" id="geoip-skip">{{ t._('module_geoip_skip') }}</button>
<section class="ui icon message" id="geoip-status" role="status">
    <i class="notched circle loading icon" aria-hidden="true"></i>
    <div class="content">
        <h2 class="header">{{ t._('module_geoip_loading') }}</h2>
        <ul id="geoip-status-facts"></ul>
        <div id="geoip-status-lines"></div>
        <details id="geoip-status-details" hidden>
            <summary>{{ t._('module_geoip_details') }}</summary>
            <div></div>
        </details>
    </div>
    <div id="geoip-status-actions"></div>
</section>
