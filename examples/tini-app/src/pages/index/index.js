// What the person reads: what they can do about it. Whatever is not here is not for them to repair.
const ADVICE = {
  network: 'Hình như đang mất kết nối mạng.',
  guest: 'Bạn hãy đăng nhập Tiki trước nhé.',
  no_auth_code: 'Bạn chưa cho phép đăng nhập.',
  overloaded: 'Hệ thống đang bận, vui lòng thử lại sau.',
  too_many_requests: 'Hệ thống đang bận, vui lòng thử lại sau.',
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
      const note = getApp().auth.missingScopes().offline === 'person' ? 'Sau một giờ, Tiki sẽ hỏi lại bạn.' : '';
      this.setData({ state: 'ready', name: customer.customer_name, note });
    } catch (error) {
      this.setData({ state: 'failed', problem: ADVICE[error.reason] || 'Đã có lỗi xảy ra, vui lòng thử lại.' });
      // For developers. No code or token is in either.
      console.error(error.reason, error.details && error.details.metadata);
    }
  },

  openAccount() {
    my.navigateTo({ url: 'pages/account/index' });
  },
});
