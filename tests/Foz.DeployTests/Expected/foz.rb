# Made by deploy/release/manifests.
class Foz < Formula
  desc "Lakehouse in one program: Delta Lake tables, SQL models, checks, SQL server"
  homepage "https://example.com/o/foz"
  version "1.2.3"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "https://example.com/o/foz/releases/download/v1.2.3/foz-1.2.3-osx-arm64.tar.gz"
      sha256 "ced4505e563bd71fc269c5f46a71f4870a6a3c163fb29ee0e3423960e1ea627d"
    end
    on_intel do
      url "https://example.com/o/foz/releases/download/v1.2.3/foz-1.2.3-osx-x64.tar.gz"
      sha256 "cc886a2ff8e4d302ac056f4c45d9302e9fd2df550c3bfcc489b649f2883980bf"
    end
  end

  on_linux do
    on_arm do
      url "https://example.com/o/foz/releases/download/v1.2.3/foz-1.2.3-linux-arm64.tar.gz"
      sha256 "3f08b4c6ce3e29881701323ecbc8e3a4725ba3be1f01a2e3fc13e3953921e8a3"
    end
    on_intel do
      url "https://example.com/o/foz/releases/download/v1.2.3/foz-1.2.3-linux-x64.tar.gz"
      sha256 "52f8f72a735f8275b2781e62f94aee62e39d56bf17175afe1312ad7c32fc92de"
    end
  end

  def install
    # The library of DuckDB is loaded from beside the program.
    libexec.install "foz", *Dir["*.so", "*.dylib"]
    bin.install_symlink libexec/"foz"
    man1.install "share/foz.1"
    bash_completion.install "share/foz.bash" => "foz"
    zsh_completion.install "share/foz.zsh" => "_foz"
    fish_completion.install "share/foz.fish"
    prefix.install "THIRD-PARTY-NOTICES.txt"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/foz version")
    assert_match "42", shell_output("#{bin}/foz query 'select 40 + 2 as answer'")
  end
end
