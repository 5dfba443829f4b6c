// Keeps the webhook's certificate good: in a Secret that the replicas share, and in the configuration that tells the
// API server whom to believe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kubernetes/client/api_client.h"
#include "kubernetes/client/resource.h"
#include "kubernetes/operator/certificate.h"

namespace dunlin::manager {

// Where the API server is told whom to believe.
struct WebhookConfiguration {
  kubernetes::Resource resource = kubernetes::kMutatingWebhooks;  // or kValidatingWebhooks
  std::string name;

  // "NAME" or "mutating/NAME", "validating/NAME". Throws Failure (usage).
  static WebhookConfiguration parse(std::string_view text);
};

struct CertificatePlan {
  std::string name_space;
  std::string secret;  // it has to be there, with or without data
  std::vector<WebhookConfiguration> configurations;
  std::vector<std::string> names;  // of the service, as the API server calls it
  std::chrono::days good_for{365};
  std::chrono::days renew_before{90};
};

// What the Secret holds. `authorities` are all that the API server is to believe, the newest first: while replicas
// change over to a new certificate, the one before it still counts.
struct KeptCertificate {
  std::string certificate;
  std::string key;
  std::string authorities;
  // For ReadyTokens; not renewed with the certificate.
  std::string ready_key;

  bool operator==(const KeptCertificate&) const = default;
};

// For one thread.
class CertificateKeeper {
 public:
  CertificateKeeper(kubernetes::ApiClient&, CertificatePlan, Clock& = Clock::real());

  // Reads the Secret, and writes a new certificate into it when there is none, when it ends soon or is for other names.
  // What somebody has taken out of it since is put back. Of several replicas one wins, and the others take its. Throws
  // Failure (config, connect).
  KeptCertificate keep();

  // Makes the API server believe `authorities`: to be done before a certificate of them is shown. True when something
  // had to be written. All configurations are tried; then throws the first Failure (config, connect).
  bool announce(const std::string& authorities);

  // Those that announce() did not find: they are told when they come.
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  bool good(const KeptCertificate&) const;
  KeptCertificate renewed(const KeptCertificate& before) const;
  KeptCertificate completed(const KeptCertificate& found) const;
  bool announce_in(const WebhookConfiguration&, const std::string& bundle);

  kubernetes::ApiClient& api_;
  const CertificatePlan plan_;
  Clock& clock_;
  std::optional<KeptCertificate> last_;
  std::vector<std::string> missing_;
};

}  // namespace dunlin::manager
