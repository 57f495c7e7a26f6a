/** Where the Data Privacy API lives (document 004). */
export const PRIVACY_PATH = '/RetailAppsDataPrivServicesRESTApp/rest/privatedata'
