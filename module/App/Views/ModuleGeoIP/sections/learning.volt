<section class="ui violet segment" id="geoip-learning" aria-labelledby="geoip-learning-title" hidden>
    <h2 class="ui small header" id="geoip-learning-title"></h2>
    <dl class="geoip-facts" id="geoip-learning-facts"></dl>
    <div id="geoip-learning-affected"></div>
    <div class="geoip-pair">
        <button type="button" class="ui basic button" id="geoip-learning-use" data-changes>
            {{ t._('module_geoip_learning_use') }}
        </button>
        <button type="button" class="ui primary button" id="geoip-learning-on" data-changes>
            {{ t._('module_geoip_learning_on') }}
        </button>
    </div>
    <p class="geoip-note" id="geoip-learning-note" role="status"></p>
</section>
