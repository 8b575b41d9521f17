// What a person can do about it. Whatever is not here is not for them to repair.
const ADVICE = {
  network: 'There seems to be no connection.',
  guest: 'Please log in to Tiki first.',
  no_auth_code: 'The login was not allowed.',
  overloaded: 'There are many people here right now.',
  too_many_requests: 'There are many people here right now.',
};

Page({
  data: { state: 'loading', name: '', problem: '', note: '' },

  onLoad() {
    return this.logIn();
  },

  async logIn() {
    this.setData({ state: 'loading' });
    try {
      const customer = await getApp().auth.customer();
      // Without 'offline' the login lasts an hour: worth a word if it was the person's choice.
      const note = getApp().auth.missingScopes().offline === 'person' ? 'You will be asked again in an hour.' : '';
      this.setData({ state: 'ready', name: customer.customer_name, note });
    } catch (error) {
      this.setData({ state: 'failed', problem: ADVICE[error.reason] || 'Something went wrong.' });
      // For developers. No code or token is in either.
      console.error(error.reason, error.details && error.details.metadata);
    }
  },

  openAccount() {
    my.navigateTo({ url: 'pages/account/index' });
  },
});
