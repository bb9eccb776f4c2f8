<section aria-labelledby="geoip-safety-title">
    <h2 class="ui small header" id="geoip-safety-title">{{ t._('module_geoip_safety') }}</h2>
    <div class="ui checkbox">
        <input type="checkbox" id="geoip-confirm-every" aria-describedby="geoip-confirm-every-note" data-changes>
        <label for="geoip-confirm-every">{{ t._('module_geoip_confirm_every') }}</label>
    </div>
    <p class="geoip-note" id="geoip-confirm-every-note">{{ t._('module_geoip_confirm_every_text') }}</p>
    <div class="ui checkbox">
        <input type="checkbox" id="geoip-weekly" aria-describedby="geoip-weekly-note" data-changes>
        <label for="geoip-weekly">{{ t._('module_geoip_weekly') }}</label>
    </div>
    <p class="geoip-note" id="geoip-weekly-note">{{ t._('module_geoip_weekly_text') }}</p>
    <p class="geoip-error" id="geoip-weekly-no-address" role="status" hidden>
        {{ t._('module_geoip_weekly_no_address') }} <a id="geoip-open-mail">{{ t._('module_geoip_open_mail') }}</a>
    </p>
    <p class="geoip-error" id="geoip-switch-error" role="alert"></p>
    <details id="geoip-sizes" hidden>
        <summary>{{ t._('module_geoip_details') }}</summary>
        <dl class="geoip-facts"></dl>
    </details>
</section>
