<section id="geoip-admin" aria-labelledby="geoip-admin-title">
    <h2 class="ui small header" id="geoip-admin-title">{{ t._('module_geoip_admin') }}</h2>
    <p class="geoip-note">{{ t._('module_geoip_admin_text') }}</p>
    <div class="ui form">
        <div class="geoip-columns">
            <div class="field">
                <label for="geoip-admin-consoles">{{ t._('module_geoip_admin_consoles') }}</label>
                <select class="ui fluid dropdown" id="geoip-admin-consoles" aria-describedby="geoip-admin-open" data-changes>
                    <option value="">{{ t._('module_geoip_admin_anywhere') }}</option>
                    <option value="only">{{ t._('module_geoip_admin_only') }}</option>
                </select>
            </div>
            <div class="field">
                <label for="geoip-admin-web">{{ t._('module_geoip_way_web') }}</label>
                <select class="ui fluid dropdown" id="geoip-admin-web" aria-describedby="geoip-admin-modules geoip-admin-open" data-changes>
                    <option value="">{{ t._('module_geoip_admin_anywhere') }}</option>
                    <option value="only">{{ t._('module_geoip_admin_only') }}</option>
                </select>
            </div>
        </div>
    </div>
    <p class="geoip-error" id="geoip-admin-modules" role="status"></p>
    <p class="geoip-note" id="geoip-admin-open" role="status"></p>
    <div id="geoip-admin-choice" hidden>
        <form class="ui form" id="geoip-admin-form">
            <div class="field">
                <label for="geoip-admin-search">{{ t._('module_geoip_admin_add') }}</label>
                <div class="ui action input">
                    <input type="text" id="geoip-admin-search" autocomplete="off" spellcheck="false"
                           placeholder="{{ t._('module_geoip_search')|e }}" aria-describedby="geoip-admin-error" data-changes>
                    <button type="submit" class="ui button" data-changes>{{ t._('module_geoip_exception_add') }}</button>
                </div>
            </div>
        </form>
        <div class="geoip-chips" id="geoip-admin-found" role="group" aria-label="{{ t._('module_geoip_admin_add')|e }}"></div>
        <p class="geoip-error" id="geoip-admin-error" role="alert"></p>
        <ul class="geoip-chips" id="geoip-admin-countries" aria-label="{{ t._('module_geoip_admin_only')|e }}"></ul>
        <p class="geoip-note" id="geoip-admin-none">{{ t._('module_geoip_admin_none') }}</p>
    </div>
</section>
