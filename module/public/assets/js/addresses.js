// SPDX-License-Identifier: GPL-3.0-or-later

/** IP addresses and subnets, as people and the PBX write them. */
class GeoIpAddresses {
    /** How this page was come to, for the PBX to know which of its ports that needs. */
    static scheme = window.location.protocol === 'http:' ? 'http' : 'https';

    static isAddress(text) {
        return this.#isVersion4(text) || this.#isVersion6(text);
    }

    /** A subnet as the PBX writes it, a single address with its full length; null if the text is none. */
    static subnet(text) {
        const [address, length, ...rest] = text.split('/');
        const full = this.#isVersion4(address) ? 32 : 128;
        if (rest.length > 0 || !this.isAddress(address)) {
            return null;
        }
        if (length === undefined) {
            return `${address}/${full}`;
        }
        return /^\d{1,3}$/.test(length) && Number(length) <= full ? `${address}/${Number(length)}` : null;
    }

    /** A subnet as a person writes it, a single address without its length. */
    static short(subnet) {
        return subnet.replace(subnet.includes(':') ? /\/128$/ : /\/32$/, '');
    }

    static #isVersion4(text) {
        return /^(\d{1,3}\.){3}\d{1,3}$/.test(text)
            && text.split('.').every((part) => String(Number(part)) === part && Number(part) <= 255);
    }

    static #isVersion6(text) {
        return text.includes(':') && /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
    }
}
