#include "secrets/aes_gcm.h"

#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin::secrets {
namespace {

std::string hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return bytes;
}

// The 256-bit test cases without additional data of the GCM specification that NIST adopted (SP 800-38D).
struct Vector {
  std::string key, nonce, plaintext, ciphertext, tag;
};
const Vector kVectors[] = {
    {std::string(64, '0'), std::string(24, '0'), "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {std::string(64, '0'), std::string(24, '0'), std::string(32, '0'), "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a63"
     "7b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0ab"
     "cc9"
     "f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
};

TEST(AesGcm, SealsAndOpensAsTheSpecificationSays) {
  for (const Vector& vector : kVectors) {
    const std::string sealed = hex(vector.ciphertext) + hex(vector.tag);
    EXPECT_EQ(seal(hex(vector.key), hex(vector.nonce), hex(vector.plaintext)), sealed);
    std::string opened(sealed.size() - kTagSize, '\0');
    EXPECT_TRUE(open(hex(vector.key), hex(vector.nonce), sealed, opened.data()));
    EXPECT_EQ(opened, hex(vector.plaintext));
  }
}

TEST(AesGcm, OpensNothingThatHasChangedByABit) {
  const std::string key(kKeySize, 'k');
  const std::string nonce(kNonceSize, 'n');
  const std::string sealed = seal(key, nonce, "text");
  std::string opened(4, '\0');
  ASSERT_TRUE(open(key, nonce, sealed, opened.data()));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(open(key, nonce, changed, opened.data())) << bit;
  }
  EXPECT_FALSE(open(std::string(kKeySize, 'x'), nonce, sealed, opened.data()));
  EXPECT_FALSE(open(key, std::string(kNonceSize, 'x'), sealed, opened.data()));
  EXPECT_FALSE(open(key, nonce, sealed.substr(0, kTagSize - 1), opened.data()));
}

TEST(AesGcm, AKeyOfAnotherSizeIsADefect) {
  EXPECT_THROW(seal("short", std::string(kNonceSize, 'n'), "text"), Failure);
}

TEST(AesGcm, NoTwoNoncesAreAlike) {
  EXPECT_NE(random_nonce(), random_nonce());
}

}  // namespace
}  // namespace dunlin::secrets
