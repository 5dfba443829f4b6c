#include "kubernetes/client/credentials.h"

#include "base/base64.h"
#include "dunlin/error.h"
#include "kubernetes/client/exec_plugin.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;

// The kubelet replaces a mounted token well before its end; client-go reads it anew as often.
constexpr auto kTokenIsGood = 50s;
constexpr auto kTlsIsGood = 5min;
// A plugin's credential is not used up to its last moment.
constexpr auto kPluginLeeway = 10s;

std::string trimmed(std::string text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

}  // namespace

Credentials::Credentials(ClusterConfig config, Clock& clock) : config_(std::move(config)), clock_(clock) {}

Credentials::~Credentials() = default;

Access Credentials::access() {
  const std::scoped_lock lock(mutex_);
  if (config_.exec) refresh_plugin();
  refresh_token();
  refresh_tls();
  Access access = access_;
  access.headers = config_.impersonation;
  if (token_ && !token_->empty()) {
    access.headers.emplace_back("Authorization", "Bearer " + *token_);
  } else if (!config_.user.empty()) {
    access.headers.emplace_back("Authorization", "Basic " + encode_base64(config_.user + ":" + config_.password));
  }
  return access;
}

void Credentials::refused() {
  const std::scoped_lock lock(mutex_);
  read_token_after_.reset();
  read_tls_after_.reset();
  plugin_ran_ = false;
}

void Credentials::refresh_token() {
  if (config_.exec || (read_token_after_ && clock_.now() < *read_token_after_)) return;
  read_token_after_ = clock_.now() + kTokenIsGood;
  try {
    token_ = trimmed(config_.token.read());
  } catch (const Failure&) {
    if (!token_) throw;
  }
}

void Credentials::refresh_tls() {
  if (!config_.server.starts_with("https:") || (read_tls_after_ && clock_.now() < *read_tls_after_)) return;
  read_tls_after_ = clock_.now() + kTlsIsGood;
  try {
    net::TlsSettings settings = tls_settings_;
    settings.authorities = config_.authorities.read();
    settings.server_name = config_.server_name;
    settings.verify = config_.verify;
    if (!config_.certificate.empty()) {
      settings.certificate = config_.certificate.read();
      settings.key = config_.key.read();
    }
    if (access_.tls && settings == tls_settings_) return;
    access_.tls = std::make_shared<const net::TlsClient>(settings);
    tls_settings_ = std::move(settings);
    ++access_.tls_number;
  } catch (const Failure&) {
    if (!access_.tls) throw;
  }
}

void Credentials::refresh_plugin() {
  const bool ended = plugin_ends_ && clock_.wall_now() + kPluginLeeway >= *plugin_ends_;
  if (plugin_ran_ && !ended) return;
  ExecCredential credential = run_exec_plugin(config_);
  plugin_ran_ = true;
  plugin_ends_ = credential.ends;
  token_ = std::move(credential.token);
  if (credential.certificate == tls_settings_.certificate) return;
  tls_settings_.certificate = std::move(credential.certificate);
  tls_settings_.key = std::move(credential.key);
  access_.tls.reset();
  read_tls_after_.reset();
}

}  // namespace dunlin::kubernetes
