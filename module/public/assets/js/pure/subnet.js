// SPDX-License-Identifier: GPL-3.0-or-later

/** A subnet of the PBX as a person writes it, a single address without its length. */
export function shortSubnet(subnet) {
    return subnet.replace(subnet.includes(':') ? /\/128$/ : /\/32$/, '');
}
