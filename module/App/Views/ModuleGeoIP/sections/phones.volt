<section aria-labelledby="geoip-phones-title">
    <h2 class="ui small header" id="geoip-phones-title">{{ t._('module_geoip_phones') }}</h2>
    <div class="ui checkbox">
        <input type="checkbox" id="geoip-keep-phones" aria-describedby="geoip-keep-phones-note" data-changes>
        <label for="geoip-keep-phones">{{ t._('module_geoip_phones_keep') }}</label>
    </div>
    <p class="geoip-note" id="geoip-keep-phones-note">{{ t._('module_geoip_phones_keep_text') }}</p>
    <h3 class="ui tiny header" id="geoip-phones-kept" hidden></h3>
    <ul class="geoip-exceptions" id="geoip-phones" aria-labelledby="geoip-phones-kept"></ul>
    <p id="geoip-phones-outcome" role="status"></p>
</section>
