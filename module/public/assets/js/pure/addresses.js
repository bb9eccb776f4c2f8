// SPDX-License-Identifier: GPL-3.0-or-later

// IP addresses and subnets, as people and the PBX write them.

export function isAddress(text) {
    return isVersion4(text) || isVersion6(text);
}

/** A subnet as the PBX writes it, a single address with its full length; null if the text is none. */
export function parseSubnet(text) {
    const [address, length, ...rest] = text.split('/');
    const full = isVersion4(address) ? 32 : 128;
    if (rest.length > 0 || !isAddress(address)) {
        return null;
    }
    if (length === undefined) {
        return `${address}/${full}`;
    }
    return /^\d{1,3}$/.test(length) && Number(length) <= full ? `${address}/${Number(length)}` : null;
}

/** A subnet as a person writes it, a single address without its length. */
export function shortSubnet(subnet) {
    return subnet.replace(subnet.includes(':') ? /\/128$/ : /\/32$/, '');
}

function isVersion4(text) {
    return /^(\d{1,3}\.){3}\d{1,3}$/.test(text)
        && text.split('.').every((part) => String(Number(part)) === part && Number(part) <= 255);
}

function isVersion6(text) {
    return text.includes(':') && /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
}
