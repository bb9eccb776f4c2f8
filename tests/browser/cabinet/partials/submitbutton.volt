<div class="ui error message" id="form-error-messages"></div>
<input type="hidden" name="dirrty" id="dirrty">
<div class="ui left labeled icon large positive right floated button prevent-word-wrap" id="submitbutton" data-value="save">
    <i class="save icon"></i>
    {{ t._('bt_SaveSettings') }}
</div>
