// What a client shows to TLS servers, and what it wants of them.
#pragma once

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace dunlin::net {

struct TlsSettings {
  std::string authorities;  // PEM; empty: the machine's (SSL_CERT_FILE and SSL_CERT_DIR name others)
  std::string certificate;  // PEM, ours; empty: none
  std::string key;          // PEM, its key; a secret
  std::string server_name;  // whom the server's certificate is to name, and whom we ask for; empty: the host of the URL
  bool verify = true;
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

// Made once for many connections; a copy shares it. Immutable, so any thread may use it.
class TlsClient {
 public:
  // Throws Failure (config) when the PEM texts do not parse or do not belong together; their text is never shown.
  explicit TlsClient(const TlsSettings&);

  boost::asio::ssl::context& context() const { return *context_; }
  const std::string& server_name() const { return server_name_; }
  bool verifies() const { return verify_; }

 private:
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::string server_name_;
  bool verify_;
};

}  // namespace dunlin::net
