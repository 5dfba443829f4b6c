#include "kubernetes/operator/certificate_keeper.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"
#include "kubernetes/operator/ready_tokens.h"

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
  return {.certificate = decoded(data, "tls.crt"),
          .key = decoded(data, "tls.key"),
          .authorities = decoded(data, "ca.crt"),
          .ready_key = decoded(data, "ready.key")};
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
         key_belongs_to(kept.certificate, kept.key) && signed_by_one_of(kept.certificate, kept.authorities);
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
  return {.certificate = std::move(made.certificate),
          .key = std::move(made.key),
          .authorities = std::move(authorities),
          .ready_key = before.ready_key};
}

KeptCertificate CertificateKeeper::completed(const KeptCertificate& found) const {
  const bool spoiled = !good(found);
  KeptCertificate next = !spoiled ? found : last_ && good(*last_) ? *last_ : renewed(found);
  next.ready_key = found.ready_key;
  if (next.ready_key.empty()) next.ready_key = last_ ? last_->ready_key : random_key();
  return next;
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
    KeptCertificate next = completed(kept);
    if (next == kept) {
      last_ = kept;
      return kept;
    }
    secret["data"]["tls.crt"] = encode_base64(next.certificate);
    secret["data"]["tls.key"] = encode_base64(next.key);
    secret["data"]["ca.crt"] = encode_base64(next.authorities);
    secret["data"]["ready.key"] = encode_base64(next.ready_key);
    const ApiAnswer written = api_.replace(path, secret);
    if (written.ok()) {
      last_ = next;
      return next;
    }
    // Another replica was quicker: its certificate is as good as ours.
    if (written.code != 409 || attempt == kTries) written.object(doing);
  }
}

bool CertificateKeeper::announce(const std::string& authorities) {
  const std::string bundle = encode_base64(authorities);
  bool wrote = false;
  std::optional<Failure> failed;
  missing_.clear();
  for (const WebhookConfiguration& configuration : plan_.configurations) {
    try {
      wrote = announce_in(configuration, bundle) || wrote;
    } catch (const Failure& failure) {
      if (failure.error().kind == ErrorKind::interrupted) throw;
      if (!failed) failed = failure;
    }
  }
  if (failed) throw Failure(*failed);
  return wrote;
}

bool CertificateKeeper::announce_in(const WebhookConfiguration& where, const std::string& bundle) {
  const std::string path = path_of(where.resource, {}, where.name);
  const std::string doing = fmt::format("announcing the certificate in {} {}", where.resource.kind, where.name);
  for (int attempt = 1;; ++attempt) {
    const ApiAnswer found = api_.get(path);
    if (found.not_found()) {
      missing_.push_back(fmt::format("{} {}", where.resource.kind, where.name));
      return false;
    }
    const Json& configuration = found.object(doing);
    Json changes = Json::array();
    changes.push_back(
        {{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", resource_version_of(configuration)}});
    const Json& webhooks = list(field(configuration, "webhooks"));
    for (std::size_t i = 0; i < webhooks.size(); ++i) {
      if (text(field(webhooks[i], "clientConfig", "caBundle")) == bundle) continue;
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

WebhookConfiguration WebhookConfiguration::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view kind = slash == std::string_view::npos ? "mutating" : text.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  if ((kind != "mutating" && kind != "validating") || name.empty()) {
    throw Failure(ErrorKind::usage, fmt::format("\"{}\" names no webhook configuration", text),
                  "NAME, mutating/NAME or validating/NAME");
  }
  return {.resource = kind == "mutating" ? kMutatingWebhooks : kValidatingWebhooks, .name = std::string(name)};
}

}  // namespace dunlin::manager
