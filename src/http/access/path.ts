/** Where clients are managed: a path of our own. */
export const CLIENTS_PATH = '/sincewire/clients'
