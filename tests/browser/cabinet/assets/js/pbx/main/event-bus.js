// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global $, TokenManager */

/** Hands events that the PBX pushes to those who subscribed to them. */
const EventBus = {
    subscribers: {},

    initialize() {
        window.tokenManagerReady.then(() => {
            const token = encodeURIComponent(TokenManager.accessToken);
            const path = `/pbxcore/api/nchan/sub/event-bus?msg_id=-1&token=${token}`;
            const socket = new WebSocket(`ws://${window.location.host}${path}`);
            socket.onmessage = (event) => {
                const message = JSON.parse(event.data);
                EventBus.publish(message.type, message.data);
            };
        });
    },

    subscribe(event, callback) {
        (EventBus.subscribers[event] ||= []).push(callback);
    },

    unsubscribe(event, callback) {
        const others = (EventBus.subscribers[event] || []).filter((other) => callback && other !== callback);
        EventBus.subscribers[event] = others;
    },

    publish(event, data) {
        (EventBus.subscribers[event] || []).forEach((callback) => callback(data));
    },
};

$(document).ready(EventBus.initialize);
