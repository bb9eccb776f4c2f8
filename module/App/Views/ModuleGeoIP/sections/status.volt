<div class="ui icon message" id="geoip-status" role="status">
    <i class="notched circle loading icon" aria-hidden="true"></i>
    <div class="content">
        <div class="header">{{ t._('module_geoip_loading') }}</div>
        <div id="geoip-status-lines"></div>
        <div id="geoip-status-actions"></div>
    </div>
</div>
