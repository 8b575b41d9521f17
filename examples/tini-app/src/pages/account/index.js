// What a login is good for: Tiki's Open API with the person's token, and an order in the person's name.

const PROFILE = 'https://openapi.tiki.vn/ecom/v1/customers/profile';

/**
 * Asks Tiki's Open API. Its address must be on the app's list of domains, too. It is a third party's: you cannot put a file
 * there, so write to tiniapp@tiki.vn; or let your own server ask, which needs no list.
 */
function ask(url, token) {
  return new Promise((success, fail) => {
    my.request({ url, method: 'GET', headers: { Authorization: `Bearer ${token}` }, success, fail });
  });
}

Page({
  data: { profile: '', order: '', problem: '' },

  async onLoad() {
    await this.showProfile();
    await this.showOrder();
  },

  /** Tiki's page does not say what a profile looks like, so it is shown as it comes. */
  async showProfile() {
    const { auth } = getApp();
    try {
      const token = await auth.accessToken();
      const profile = await ask(PROFILE, token).catch(async () => {
        // Perhaps the token has ended before its time. Another one, once.
        auth.refused(token);
        return ask(PROFILE, await auth.accessToken());
      });
      this.setData({ profile: JSON.stringify(profile, null, 2) });
    } catch (error) {
      this.setData({ problem: error.reason || 'Tiki không trả về thông tin cá nhân.' });
    }
  },

  /**
   * What your own server sends to Tiki's `POST /order`, which is signed with the app's secret and so cannot be sent from
   * here. There, `customer_id` is a string; the login has it as a number.
   */
  async showOrder() {
    try {
      const customer = await getApp().auth.customer();
      const items = [{ name: 'Cà phê sữa đá', quantity: 1, price: 29000 }];
      this.setData({ order: JSON.stringify({ customer_id: String(customer.customer_id), items }, null, 2) });
    } catch (error) {
      this.setData({ problem: error.reason || error.message });
    }
  },
});
