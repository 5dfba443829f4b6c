#include "kubernetes/operator/webhook_certificate.h"

#include <fmt/format.h>

#include "base/text_file.h"
#include "dunlin/error.h"

namespace dunlin::manager {

namespace {

CertificateTime now_of(const Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(clock.wall_now());
}

// A server has to show something.
net::TlsServer placeholder(const Clock& clock) {
  const auto made = make_serving_certificate({"localhost"}, now_of(clock), std::chrono::days{1});
  return {made.certificate, made.key};
}

std::string read_whole(const std::string& path) {
  auto content = read_text_file(path);
  if (!content) throw Failure(ErrorKind::config, path + " is not there");
  return std::move(*content);
}

}  // namespace

WebhookCertificate::WebhookCertificate(kubernetes::ApiClient& api, WebhookCertificateOptions options,
                                       ReadyTokens& tokens, const Interrupt& interrupt,
                                       std::function<void(const std::string&)> on_problem,
                                       std::function<void(bool)> on_read, Clock& clock)
    : api_(api),
      options_(std::move(options)),
      tokens_(tokens),
      interrupt_(interrupt),
      on_problem_(std::move(on_problem)),
      on_read_(std::move(on_read)),
      clock_(clock),
      tls_(placeholder(clock)) {
  if (options_.plan) keeper_.emplace(api_, *options_.plan, clock_);
}

void WebhookCertificate::run() {
  while (!interrupt_.requested()) {
    check();
    if (clock_.sleep(unready().empty() ? options_.every : options_.at_first, &interrupt_)) return;
  }
}

bool WebhookCertificate::check() noexcept {
  try {
    if (keeper_) {
      check_kept();
    } else {
      check_mounted();
    }
    return told_.empty();
  } catch (const Failure& failure) {
    if (failure.error().kind == ErrorKind::interrupted) return false;
    const std::string& hint = failure.error().hint;
    tell(hint.empty() ? failure.what() : fmt::format("{} ({})", failure.what(), hint));
  } catch (const std::exception& problem) {
    tell(problem.what());
  }
  return false;
}

void WebhookCertificate::check_kept() {
  std::optional<KeptCertificate> kept;
  try {
    kept = keeper_->keep();
  } catch (const Failure&) {
    if (on_read_) on_read_(false);
    throw;
  }
  if (on_read_) on_read_(true);
  tokens_.use(kept->ready_key);
  // Before it is shown, and again when somebody has taken it back.
  keeper_->announce(kept->authorities);
  show(kept->certificate, kept->key);
  tell(keeper_->missing().empty()
           ? ""
           : fmt::format("there is no {} to announce the certificate in", keeper_->missing().front()));
}

void WebhookCertificate::check_mounted() {
  try {
    const std::string certificate = read_whole(options_.folder + "/tls.crt");
    const std::string key = read_whole(options_.folder + "/tls.key");
    show(certificate, key);
    tokens_.use(derived_key(key, "dunlin ready API"));
  } catch (const Failure&) {
    if (on_read_) on_read_(false);
    throw;
  }
  if (on_read_) on_read_(true);
  const auto end = end_of_certificate(shown_certificate_);
  tell(end && *end > now_of(clock_) ? "" : fmt::format("the certificate in {} has ended", options_.folder));
}

void WebhookCertificate::show(const std::string& certificate, const std::string& key) {
  if (certificate != shown_certificate_ || key != shown_key_) {
    tls_.replace(certificate, key);
    shown_certificate_ = certificate;
    shown_key_ = key;
  }
  const std::scoped_lock lock(mutex_);
  shown_ = true;
}

void WebhookCertificate::tell(const std::string& problem) {
  if (problem != told_ && !problem.empty() && on_problem_) on_problem_(problem);
  told_ = problem;
  const std::scoped_lock lock(mutex_);
  if (!shown_ && !problem.empty()) problem_ = problem;
}

std::string WebhookCertificate::unready() const {
  const std::scoped_lock lock(mutex_);
  return shown_ ? std::string() : problem_;
}

}  // namespace dunlin::manager
