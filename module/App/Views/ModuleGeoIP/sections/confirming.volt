<div id="geoip-confirming" role="alert" hidden>
    <strong id="geoip-confirming-title"></strong>
    <span id="geoip-confirming-text" aria-live="off"></span>
    <p class="geoip-error" id="geoip-confirming-error"></p>
    <div class="geoip-pair" id="geoip-confirming-buttons" hidden></div>
</div>
