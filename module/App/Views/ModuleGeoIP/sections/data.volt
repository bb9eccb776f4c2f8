<section aria-labelledby="geoip-data-title">
    <h2 class="ui small header" id="geoip-data-title">{{ t._('module_geoip_data') }}</h2>
    <div class="geoip-columns">
        <div>
            <div class="ui form">
                <div class="field">
                    <label for="geoip-source">{{ t._('module_geoip_source') }}</label>
                    <select class="ui fluid dropdown" id="geoip-source" aria-describedby="geoip-source-note" data-changes>
                        <option value="dbip">{{ t._('module_geoip_source_dbip') }}</option>
                        <option value="rir">{{ t._('module_geoip_source_rir') }}</option>
                        <option value="ipdeny">{{ t._('module_geoip_source_ipdeny') }}</option>
                    </select>
                </div>
            </div>
            <p class="geoip-note" id="geoip-source-note"></p>
        </div>
        <div>
            <dl class="geoip-facts" id="geoip-data-facts"></dl>
            <button type="button" class="ui basic primary button" id="geoip-update" data-changes>
                <i class="sync alternate icon" aria-hidden="true"></i>{{ t._('module_geoip_update_now') }}
            </button>
            <div id="geoip-progress" hidden>
                <div class="ui small indicating active progress" role="progressbar" aria-labelledby="geoip-progress-label"
                     aria-valuemin="0" aria-valuemax="100">
                    <div class="bar"></div>
                </div>
                <span id="geoip-progress-label"></span>
            </div>
            <div id="geoip-update-outcome" role="status"></div>
        </div>
    </div>
</section>
