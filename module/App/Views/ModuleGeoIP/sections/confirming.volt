<div class="ui warning message" id="geoip-confirming" role="alert" hidden>
    <div class="header" id="geoip-confirming-title"></div>
    <p id="geoip-confirming-text" aria-live="off"></p>
    <p class="geoip-error" id="geoip-confirming-error"></p>
    <div id="geoip-confirming-buttons" hidden></div>
</div>
