// The certificate that the webhooks show: kept good while they serve.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kubernetes/client/api_client.h"
#include "kubernetes/operator/certificate_keeper.h"
#include "kubernetes/operator/ready_tokens.h"
#include "net/tls_server.h"

namespace dunlin::manager {

struct WebhookCertificateOptions {
  // Our own, in a Secret. Not set: somebody else's, in `folder`.
  std::optional<CertificatePlan> plan;
  // Where tls.crt and tls.key are mounted; others replace them.
  std::string folder;
  // How often it is looked whether all is as it should be: an apply of the manifest may have taken it back.
  std::chrono::milliseconds every{10'000};
  // The same as long as nothing is.
  std::chrono::milliseconds at_first{1'000};
};

// run() is for one thread, all else for any.
class WebhookCertificate {
 public:
  // The tokens get the key that goes with the certificate: that of the Secret, or one made of tls.key. They, the client
  // and the interrupt outlive this. `on_problem` is told, on run()'s thread, what is wrong, without secrets, and once
  // as long as it stays the same; `on_read` whether the certificate could be read; both may be empty.
  WebhookCertificate(kubernetes::ApiClient&, WebhookCertificateOptions, ReadyTokens&, const Interrupt&,
                     std::function<void(const std::string&)> on_problem = {}, std::function<void(bool)> on_read = {},
                     Clock& = Clock::real());

  // What the server serves with: until there is something better, a certificate that nobody believes.
  const net::TlsServer& tls() const { return tls_; }

  // Until the interrupt. Throws nothing that the network, the API server or a file could cause.
  void run();
  // One look, which run() repeats. True when all is as it should be.
  bool check() noexcept;

  // Empty once a certificate is shown that the API server was told to believe; else what is wrong. What goes wrong
  // after that does not end the service: the ready API needs no certificate.
  std::string unready() const;

 private:
  void check_kept();
  void check_mounted();
  void show(const std::string& certificate, const std::string& key);
  void tell(const std::string& problem);

  kubernetes::ApiClient& api_;
  const WebhookCertificateOptions options_;
  ReadyTokens& tokens_;
  const Interrupt& interrupt_;
  const std::function<void(const std::string&)> on_problem_;
  const std::function<void(bool)> on_read_;
  Clock& clock_;
  net::TlsServer tls_;
  std::optional<CertificateKeeper> keeper_;
  std::string shown_certificate_;
  std::string shown_key_;
  std::string told_;

  mutable std::mutex mutex_;  // for what follows
  std::string problem_ = "it has not been looked for yet";
  bool shown_ = false;
};

}  // namespace dunlin::manager
