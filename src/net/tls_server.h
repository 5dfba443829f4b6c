// What a server shows to its clients: a certificate that can be replaced while it serves.
#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace dunlin::net {

// Any thread may call any of it.
class TlsServer {
 public:
  // PEM texts. Throws Failure (config) when they do not parse or do not belong together; their text is never shown.
  TlsServer(const std::string& certificate, const std::string& key);

  // For the connections that come from now on. When it throws, as the constructor does, the old one stays.
  void replace(const std::string& certificate, const std::string& key);

  std::shared_ptr<boost::asio::ssl::context> context() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace dunlin::net
