<form class="ui large form" id="module-geoip-form">
    <div class="ui message" id="module-geoip-status" role="status">{{ t._('module_geoip_loading') }}</div>

    <div class="two fields">
        <div class="field">
            <label for="module-geoip-source">{{ t._('module_geoip_source') }}</label>
            <select class="ui dropdown" id="module-geoip-source" name="source">
                <option value="dbip">{{ t._('module_geoip_source_dbip') }}</option>
                <option value="rir">{{ t._('module_geoip_source_rir') }}</option>
                <option value="ipdeny">{{ t._('module_geoip_source_ipdeny') }}</option>
            </select>
        </div>
        <div class="field">
            <label for="module-geoip-mode">{{ t._('module_geoip_mode') }}</label>
            <select class="ui dropdown" id="module-geoip-mode" name="mode">
                <option value="block">{{ t._('module_geoip_mode_block') }}</option>
                <option value="allow">{{ t._('module_geoip_mode_allow') }}</option>
            </select>
        </div>
    </div>

    <div class="field">
        <label for="module-geoip-allow">{{ t._('module_geoip_allow') }}</label>
        <textarea id="module-geoip-allow" name="allow" rows="3"></textarea>
    </div>

    <div class="field">
        <button type="button" class="ui basic button" id="module-geoip-update">
            <i class="sync icon"></i> {{ t._('module_geoip_update_now') }}
        </button>
        <span id="module-geoip-progress" role="status"></span>
    </div>

    <table class="ui very compact selectable table" id="module-geoip-countries">
        <thead>
        <tr>
            <th class="collapsing"></th>
            <th>{{ t._('module_geoip_country') }}</th>
            <th>{{ t._('module_geoip_code') }}</th>
            <th class="right aligned">{{ t._('module_geoip_subnets') }}</th>
        </tr>
        </thead>
        <tbody></tbody>
    </table>

    <button type="submit" class="ui positive button" id="module-geoip-save">
        <i class="save icon"></i> {{ t._('module_geoip_save') }}
    </button>

    <p class="module-geoip-attribution">
        <a href="https://db-ip.com" target="_blank" rel="noopener">IP Geolocation by DB-IP</a>
    </p>
</form>
