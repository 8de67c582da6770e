# A private apt: own lists, own cache, empty package status, nothing of the system is changed and no
# root is needed. Mirrors come from this machine's own apt sources, so no host name is written here;
# every index is checked against the Debian archive keyring.
# Needs: common.sh.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The base addresses apt is configured with, Debian's and foreign ones alike.
apt_bases() {
    apt-get update --print-uris 2>/dev/null |
        sed -nE "s,^'([^']*)/dists/[^/']+/InRelease'.*,\1,p" | awk '!seen[$0]++'
}

# private_apt FOLDER ARCHITECTURE: makes FOLDER/conf and exports APT_CONFIG; sources come from stdin.
private_apt() {
    local dir=$1 architecture=$2
    [ -r "$debian_keyring" ] || die "$debian_keyring is missing (apt-get install debian-archive-keyring)"
    mkdir -p "$dir"/lists/partial "$dir"/cache/archives/partial "$dir"/etc/{apt.conf.d,preferences.d}
    : >"$dir/status"
    cat >"$dir/sources"
    cat >"$dir/conf" <<END
#clear APT::Update;
#clear APT::Architectures;
APT { Architecture "$architecture"; Install-Recommends "0"; Sandbox::User "$(id -un)"; };
Dir {
    State "$dir"; State::lists "$dir/lists"; State::status "$dir/status"; State::extended_states "$dir/ext";
    Cache "$dir/cache"; Log "$dir"; Etc "$dir/etc";
    Etc { SourceList "$dir/sources"; SourceParts "-"; Trusted "-"; };
};
Acquire { Languages "none"; Retries "3"; };
END
    export APT_CONFIG=$dir/conf
}
