<details id="geoip-export">
    <summary>{{ t._('module_geoip_export') }}</summary>
    <p class="geoip-note">{{ t._('module_geoip_export_text') }}</p>
    <div class="ui form">
        <div class="geoip-columns">
            <div class="field">
                <label for="geoip-export-format">{{ t._('module_geoip_export_format') }}</label>
                <select class="ui fluid dropdown" id="geoip-export-format" data-asks>
                    <option value="ipset">Linux, iptables (ipset)</option>
                    <option value="nft">Linux, nftables</option>
                    <option value="routeros v4">MikroTik RouterOS, IPv4</option>
                    <option value="routeros v6">MikroTik RouterOS, IPv6</option>
                    <option value="cidr">CIDR</option>
                </select>
            </div>
            <div class="field">
                <label for="geoip-export-network">{{ t._('module_geoip_export_network') }}</label>
                <select class="ui fluid dropdown" id="geoip-export-network" data-asks>
                    <option value="host">{{ t._('module_geoip_export_host') }}</option>
                    <option value="bridge">{{ t._('module_geoip_export_bridge') }}</option>
                </select>
            </div>
        </div>
    </div>
    <div id="geoip-export-about" role="status"></div>
    <button type="button" class="ui basic primary button" id="geoip-export-download" data-asks>
        <i class="download icon" aria-hidden="true"></i>{{ t._('module_geoip_export_download') }}
    </button>
</details>
