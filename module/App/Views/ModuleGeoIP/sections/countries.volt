<section id="geoip-countries" aria-label="{{ t._('module_geoip_countries')|e }}">
    <div class="geoip-toolbar">
        <div class="ui left icon input">
            <i class="search icon" aria-hidden="true"></i>
            <input type="search" id="geoip-search" placeholder="{{ t._('module_geoip_search')|e }}"
                   aria-label="{{ t._('module_geoip_search')|e }}" aria-describedby="geoip-found" autocomplete="off">
        </div>
        <div class="ui basic buttons" id="geoip-filter" role="group" aria-label="{{ t._('module_geoip_filter')|e }}">
            <button type="button" class="ui button" data-filter="all">{{ t._('module_geoip_filter_all') }}</button>
            <button type="button" class="ui button" data-filter="blocked">{{ t._('module_geoip_filter_blocked') }}</button>
            <button type="button" class="ui button" data-filter="allowed">{{ t._('module_geoip_filter_allowed') }}</button>
        </div>
        <span class="geoip-note" id="geoip-found" role="status"></span>
        <div class="geoip-pair" id="geoip-all">
            <button type="button" class="ui basic button" id="geoip-block-all" data-changes>
                {{ t._('module_geoip_block_all') }}
            </button>
            <button type="button" class="ui basic button" id="geoip-unblock-all" data-changes>
                {{ t._('module_geoip_unblock_all') }}
            </button>
        </div>
    </div>
    <div class="geoip-columns">
        <figure id="geoip-map" aria-label="{{ t._('module_geoip_map')|e }}">
            <div id="geoip-map-tip" hidden></div>
            <figcaption>
                <div id="geoip-map-legend">
                    <span class="geoip-legend geoip-legend-blocked" id="geoip-map-blocked"></span>
                    <span class="geoip-legend geoip-legend-allowed">{{ t._('module_geoip_allowed') }}</span>
                    <span id="geoip-map-packets-legend" hidden>
                        {{ t._('module_geoip_activity_attempts') }}: <span id="geoip-map-least"></span>
                        <span id="geoip-map-levels" aria-hidden="true"></span>
                        <span id="geoip-map-most"></span>
                    </span>
                </div>
                <div class="ui checkbox">
                    <input type="checkbox" id="geoip-map-packets">
                    <label for="geoip-map-packets">{{ t._('module_geoip_activity_colour') }}</label>
                </div>
                <span class="geoip-note" id="geoip-map-caption" role="status" hidden>
                    {{ t._('module_geoip_map_caption_attempts') }}
                </span>
            </figcaption>
        </figure>
        <div>
            <div id="geoip-table-frame">
                <table class="ui very compact unstackable table" id="geoip-table"
                       aria-label="{{ t._('module_geoip_countries')|e }}">
                    <thead>
                    <tr>
                        <th scope="col">
                            <button type="button" data-column="country">{{ t._('module_geoip_country') }}</button>
                        </th>
                        <th scope="col">
                            <button type="button" data-column="code">{{ t._('module_geoip_code') }}</button>
                        </th>
                        <th scope="col" class="right aligned">
                            <button type="button" data-column="subnets">{{ t._('module_geoip_subnets') }}</button>
                        </th>
                        <th scope="col">
                            <button type="button" data-column="status">{{ t._('module_geoip_status') }}</button>
                        </th>
                    </tr>
                    </thead>
                    <tbody></tbody>
                </table>
                <div class="ui placeholder segment" id="geoip-no-match" hidden>
                    <div class="ui icon header">
                        <i class="search icon" aria-hidden="true"></i>
                        {{ t._('module_geoip_no_match') }}
                    </div>
                    <button type="button" class="ui button" id="geoip-show-all">{{ t._('module_geoip_show_all') }}</button>
                </div>
            </div>
        </div>
    </div>
    <details id="geoip-several">
        <summary>{{ t._('module_geoip_several') }}</summary>
        <fieldset id="geoip-continents" hidden>
            <legend>{{ t._('module_geoip_continents') }}</legend>
        </fieldset>
        <div class="ui form">
            <div class="field">
                <label for="geoip-several-names">{{ t._('module_geoip_several_hint') }}</label>
                <textarea id="geoip-several-names" rows="3" data-changes></textarea>
            </div>
        </div>
        <div class="geoip-pair">
            <button type="button" class="ui small basic button" id="geoip-several-block" data-changes>
                {{ t._('module_geoip_several_block') }}
            </button>
            <button type="button" class="ui small basic button" id="geoip-several-allow" data-changes>
                {{ t._('module_geoip_several_allow') }}
            </button>
        </div>
        <p class="geoip-note" id="geoip-several-outcome" role="status"></p>
    </details>
</section>
