<details id="geoip-order">
    <summary>{{ t._('module_geoip_order') }}</summary>
    <p>{{ t._('module_geoip_order_text') }}</p>
    <ol>
        <li>
            <strong>{{ t._('module_geoip_order_established') }}</strong>
            {{ t._('module_geoip_order_established_text') }}
        </li>
        <li>
            <strong>{{ t._('module_geoip_order_subnets') }}</strong>
            {{ t._('module_geoip_order_subnets_text') }}
        </li>
        <li>
            <strong>{{ t._('module_geoip_order_providers') }}</strong>
            {{ t._('module_geoip_order_providers_text') }}
        </li>
        <li class="geoip-here">
            <strong>{{ t._('module_geoip_order_geoip') }}</strong>
            {{ t._('module_geoip_order_geoip_text') }}
        </li>
        <li>
            <strong>{{ t._('module_geoip_order_rest') }}</strong>
            {{ t._('module_geoip_order_rest_text') }}
        </li>
    </ol>
</details>
