// SPDX-License-Identifier: GPL-3.0-or-later

/** Whom a policy would cut off, as the PBX names them. */
class GeoIpAffected {
    static table(affected) {
        return GeoIpElements.table(
            ['affected_who', 'address', 'country', 'affected_ports'],
            affected.map(({ kind, name, address, country, ways }) => GeoIpElements.row(
                GeoIpWords.text(`module_geoip_affected_${kind}`, { name }),
                GeoIpElements.make('bdi', {}, address),
                GeoIpElements.country(country),
                GeoIpElements.make('bdi', {}, ways.join(', ')),
            )),
        );
    }
}
