<div id="geoip-choice">
    <fieldset id="geoip-mode">
        <legend>{{ t._('module_geoip_mode') }}</legend>
        <div class="ui radio checkbox">
            <input type="radio" name="geoip-mode" id="geoip-mode-block" value="block" data-changes>
            <label for="geoip-mode-block">{{ t._('module_geoip_mode_block') }}</label>
        </div>
        <div class="ui radio checkbox">
            <input type="radio" name="geoip-mode" id="geoip-mode-allow" value="allow" data-changes>
            <label for="geoip-mode-allow">{{ t._('module_geoip_mode_allow') }}</label>
        </div>
    </fieldset>
    <fieldset id="geoip-action">
        <legend>{{ t._('module_geoip_action') }}</legend>
        <div class="ui radio checkbox">
            <input type="radio" name="geoip-action" id="geoip-action-drop" value="drop" data-changes>
            <label for="geoip-action-drop">{{ t._('module_geoip_action_drop') }}</label>
        </div>
        <div class="ui radio checkbox">
            <input type="radio" name="geoip-action" id="geoip-action-count" value="count" data-changes>
            <label for="geoip-action-count">{{ t._('module_geoip_action_count') }}</label>
        </div>
    </fieldset>
    <p class="geoip-note" id="geoip-mode-hint" hidden>{{ t._('module_geoip_mode_allow_hint') }}</p>
    <div class="ui checkbox" id="geoip-unknown-field" hidden>
        <input type="checkbox" id="geoip-unknown" data-changes>
        <label for="geoip-unknown">{{ t._('module_geoip_unknown') }}</label>
    </div>
</div>
<section class="ui info message" id="geoip-first-steps" aria-labelledby="geoip-first-steps-title" hidden>
    <h2 class="header" id="geoip-first-steps-title">{{ t._('module_geoip_first') }}</h2>
    <div class="geoip-pair" id="geoip-first-steps-ways"></div>
</section>
