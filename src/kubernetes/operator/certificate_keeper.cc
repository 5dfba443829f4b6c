#include "kubernetes/operator/certificate_keeper.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "kubernetes/client/resource.h"

namespace dunlin::manager {

using namespace kubernetes;

namespace {

constexpr int kTries = 5;
// The new authority, the one before it, and the one before that, should somebody rotate twice in a day.
constexpr std::size_t kMostAuthorities = 3;

std::string decoded(const Json& data, std::string_view name) {
  return decode_base64(text(field(data, name))).value_or(std::string());
}

KeptCertificate kept_in(const Json& secret) {
  const Json& data = field(secret, "data");
  return {
      .certificate = decoded(data, "tls.crt"), .key = decoded(data, "tls.key"), .authorities = decoded(data, "ca.crt")};
}

CertificateTime now_of(const Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(clock.wall_now());
}

}  // namespace

CertificateKeeper::CertificateKeeper(ApiClient& api, CertificatePlan plan, Clock& clock)
    : api_(api), plan_(std::move(plan)), clock_(clock) {}

bool CertificateKeeper::good(const KeptCertificate& kept) const {
  const auto end = end_of_certificate(kept.certificate);
  return end && *end - now_of(clock_) > plan_.renew_before && certificate_names(kept.certificate, plan_.names) &&
         key_belongs_to(kept.certificate, kept.key) && !kept.authorities.empty();
}

KeptCertificate CertificateKeeper::renewed(const KeptCertificate& before) const {
  ServingCertificate made = make_serving_certificate(plan_.names, now_of(clock_), plan_.good_for);
  std::string authorities = std::move(made.authority);
  std::size_t count = 1;
  for (const std::string& old : split_certificates(before.authorities)) {
    const auto end = end_of_certificate(old);
    if (count == kMostAuthorities || !end || *end <= now_of(clock_)) continue;
    authorities += old;
    ++count;
  }
  return {
      .certificate = std::move(made.certificate), .key = std::move(made.key), .authorities = std::move(authorities)};
}

KeptCertificate CertificateKeeper::keep() {
  const std::string path = path_of(kSecrets, plan_.name_space, plan_.secret);
  const std::string doing = fmt::format("keeping the certificate in the secret {}/{}", plan_.name_space, plan_.secret);
  for (int attempt = 1;; ++attempt) {
    const ApiAnswer found = api_.get(path);
    if (found.not_found()) {
      throw Failure(ErrorKind::config, doing + ": there is no such secret",
                    fmt::format("kubectl create secret generic {} --namespace {}", plan_.secret, plan_.name_space));
    }
    Json secret = found.object(doing);
    const KeptCertificate kept = kept_in(secret);
    if (good(kept)) return kept;
    KeptCertificate next = renewed(kept);
    secret["data"]["tls.crt"] = encode_base64(next.certificate);
    secret["data"]["tls.key"] = encode_base64(next.key);
    secret["data"]["ca.crt"] = encode_base64(next.authorities);
    const ApiAnswer written = api_.replace(path, secret);
    if (written.ok()) return next;
    // Another replica was quicker: its certificate is as good as ours.
    if (written.code != 409 || attempt == kTries) written.object(doing);
  }
}

bool CertificateKeeper::announce(const std::string& authorities) {
  const std::string path = path_of(kMutatingWebhooks, {}, plan_.webhook_configuration);
  const std::string doing = fmt::format("announcing the certificate in {}", plan_.webhook_configuration);
  const std::string bundle = encode_base64(authorities);
  for (int attempt = 1;; ++attempt) {
    const ApiAnswer found = api_.get(path);
    const Json& configuration = found.object(doing);
    Json changes = Json::array();
    changes.push_back(
        {{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", resource_version_of(configuration)}});
    for (std::size_t i = 0; i < list(field(configuration, "webhooks")).size(); ++i) {
      const Json& client = field(configuration["webhooks"][i], "clientConfig");
      if (text(field(client, "caBundle")) == bundle) continue;
      changes.push_back(
          {{"op", "add"}, {"path", fmt::format("/webhooks/{}/clientConfig/caBundle", i)}, {"value", bundle}});
    }
    if (changes.size() == 1) return false;
    const ApiAnswer written = api_.patch(path, kJsonPatch, changes);
    if (written.ok()) return true;
    // Somebody else has written it meanwhile: 409, or 422 for a test that fails.
    if ((written.code != 409 && written.code != 422) || attempt == kTries) written.object(doing);
  }
}

}  // namespace dunlin::manager
