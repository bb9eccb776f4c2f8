<section aria-labelledby="geoip-lists-title">
    <h2 class="ui small header" id="geoip-lists-title">
        {{ t._('module_geoip_lists') }}
        <span class="sub header">{{ t._('module_geoip_lists_text') }}</span>
    </h2>
    <p class="geoip-error" id="geoip-lists-error" role="alert"></p>
    <ul class="geoip-lists" id="geoip-lists"></ul>
    <ul class="geoip-exceptions" id="geoip-lists-own" aria-label="{{ t._('module_geoip_lists_own')|e }}"></ul>
    <details id="geoip-list-add">
        <summary>{{ t._('module_geoip_lists_own') }}</summary>
        <form class="ui form" id="geoip-list-form">
            <div class="two fields">
                <div class="field">
                    <label for="geoip-list-name">{{ t._('module_geoip_list_name') }}</label>
                    <input type="text" id="geoip-list-name" maxlength="40" autocomplete="off" spellcheck="false"
                           aria-describedby="geoip-list-error" data-changes>
                </div>
                <div class="field">
                    <label for="geoip-list-from">{{ t._('module_geoip_list_from') }}</label>
                    <select id="geoip-list-from" data-changes>
                        <option value="url">{{ t._('module_geoip_list_from_url') }}</option>
                        <option value="text">{{ t._('module_geoip_list_from_text') }}</option>
                    </select>
                </div>
            </div>
            <div class="field">
                <label for="geoip-list-url">{{ t._('module_geoip_list_url') }}</label>
                <input type="text" id="geoip-list-url" inputmode="url" placeholder="https://lists.example.net/scanners.txt"
                       autocomplete="off" spellcheck="false" aria-describedby="geoip-list-url-note geoip-list-error" data-changes>
                <p class="geoip-note" id="geoip-list-url-note">{{ t._('module_geoip_list_url_text') }}</p>
            </div>
            <div class="field" hidden>
                <label for="geoip-list-content">{{ t._('module_geoip_list_content') }}</label>
                <textarea id="geoip-list-content" rows="6" maxlength="1048576" spellcheck="false"
                          placeholder="198.51.100.0/24 # scanners" aria-describedby="geoip-list-error" data-changes></textarea>
            </div>
            <p class="geoip-error" id="geoip-list-error" role="alert"></p>
            <button type="submit" class="ui small basic button" data-changes>{{ t._('module_geoip_exception_add') }}</button>
        </form>
    </details>
</section>
