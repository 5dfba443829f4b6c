#include "net/tls_server.h"

#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::net {

namespace ssl = boost::asio::ssl;

namespace {

std::shared_ptr<ssl::context> made_of(const std::string& certificate, const std::string& key) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  boost::system::error_code problem;
  if (context->use_certificate_chain(boost::asio::buffer(certificate), problem)) {
    throw Failure(ErrorKind::config, fmt::format("the TLS server's certificate: {}", problem.message()));
  }
  // Says so, too, when the key is not the certificate's.
  if (context->use_private_key(boost::asio::buffer(key), ssl::context::pem, problem)) {
    throw Failure(ErrorKind::config, fmt::format("the TLS server's key: {}", problem.message()));
  }
  return context;
}

}  // namespace

TlsServer::TlsServer(const std::string& certificate, const std::string& key) : context_(made_of(certificate, key)) {}

void TlsServer::replace(const std::string& certificate, const std::string& key) {
  auto made = made_of(certificate, key);
  const std::scoped_lock lock(mutex_);
  context_ = std::move(made);
}

std::shared_ptr<ssl::context> TlsServer::context() const {
  const std::scoped_lock lock(mutex_);
  return context_;
}

}  // namespace dunlin::net
