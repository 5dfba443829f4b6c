#include "net/tls_client.h"

#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::net {

namespace ssl = boost::asio::ssl;

namespace {

void refuse_unless_well(const boost::system::error_code& problem, std::string_view what) {
  if (problem) throw Failure(ErrorKind::config, fmt::format("the TLS client's {}: {}", what, problem.message()));
}

boost::asio::const_buffer bytes_of(const std::string& text) {
  return {text.data(), text.size()};
}

}  // namespace

TlsClient::TlsClient(const TlsSettings& settings)
    : context_(std::make_shared<ssl::context>(ssl::context::tls_client)),
      server_name_(settings.server_name),
      verify_(settings.verify) {
  boost::system::error_code problem;
  context_->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  if (settings.authorities.empty()) {
    context_->set_default_verify_paths();
  } else {
    refuse_unless_well(context_->add_certificate_authority(bytes_of(settings.authorities), problem), "authorities");
  }
  context_->set_verify_mode(settings.verify ? ssl::verify_peer : ssl::verify_none);
  if (settings.certificate.empty()) return;
  refuse_unless_well(context_->use_certificate_chain(bytes_of(settings.certificate), problem), "certificate");
  // Says so, too, when the key is not the certificate's.
  refuse_unless_well(context_->use_private_key(bytes_of(settings.key), ssl::context::pem, problem), "key");
}

}  // namespace dunlin::net
