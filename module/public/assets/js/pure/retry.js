// SPDX-License-Identifier: GPL-3.0-or-later

const PAUSE_MILLISECONDS = 3000;

/**
 * Does a thing again as long as it fails and that is worthwhile, with a pause in between.
 *
 * @template T
 * @param {function(): Promise<T>} attempt
 * @param {{attempts: number, isWorthwhile: function(Error): boolean, onWait: ?function}} how `onWait` hears of each pause
 * @returns {Promise<T>}
 */
export async function retry(attempt, { attempts, isWorthwhile, onWait = () => {} }) {
    for (let left = attempts - 1; ; left -= 1) {
        try {
            return await attempt();
        } catch (error) {
            if (left === 0 || !isWorthwhile(error)) {
                throw error;
            }
            onWait();
            await new Promise((resolve) => {
                setTimeout(resolve, PAUSE_MILLISECONDS);
            });
        }
    }
}
