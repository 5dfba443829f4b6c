#include <algorithm>
#include <new>
#include <utility>

#include <openssl/crypto.h>
#include <sys/mman.h>

#include "dunlin/secrets.h"

namespace dunlin {
namespace {

// OpenSSL's heap is locked, fenced with guard pages and quick; it does not grow. What is larger gets pages of its own.
constexpr std::size_t kHeap = 256 * 1024;
constexpr std::size_t kLargest = 4 * 1024;

bool heap_ready() {
  static const bool ready = CRYPTO_secure_malloc_init(kHeap, 32) != 0 || CRYPTO_secure_malloc_initialized() != 0;
  return ready;
}

char* own_pages(std::size_t size) {
  void* const pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  // Locking is limited by RLIMIT_MEMLOCK, which containers have small: then the pages may be swapped.
  static_cast<void>(::mlock(pages, size));
  ::madvise(pages, size, MADV_DONTDUMP);
  return static_cast<char*>(pages);
}

char* allocate(std::size_t size) {
  if (size == 0) return nullptr;
  if (size <= kLargest && heap_ready()) {
    if (void* const bytes = OPENSSL_secure_zalloc(size)) return static_cast<char*>(bytes);
  }
  return own_pages(size);
}

void release(char* data, std::size_t size) {
  if (data == nullptr) return;
  if (CRYPTO_secure_allocated(data) != 0) {
    OPENSSL_secure_clear_free(data, size);
    return;
  }
  OPENSSL_cleanse(data, size);
  ::munmap(data, size);
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : data_(allocate(size)), size_(size), capacity_(size) {}

SecretBytes::SecretBytes(std::string_view bytes) : SecretBytes(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), data_);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

SecretBytes::~SecretBytes() {
  release(data_, capacity_);
}

}  // namespace dunlin
