# Exim with a configuration, spool and log of its own, for the scripts that source it behind _lib.sh. Scripts write their
# share behind what is in $conf.
#
# Debian does not install Exim beside Postfix, so it may be anywhere: EXIM is the program.
# apt-get download exim4-daemon-light; dpkg -x exim4-daemon-light*.deb DIR; EXIM=DIR/usr/sbin/exim4
#
# shellcheck shell=sh disable=SC2034,SC2154 # what is set here is used there, and the other way round
need_rare "${EXIM:-exim4}"
exim=$(command -v "${EXIM:-exim4}")
need timeout
need_root "only root can start Exim with a configuration of its own"
id Debian-exim > /dev/null 2>&1 || { echo 'skipped: there is no user Debian-exim, whose name is in the program'; exit 77; }
conf=$scratch/conf
exim_log=$scratch/exim/main
mkdir "$scratch/spool" "$scratch/exim"
chmod 755 "$scratch"
chown mail:mail "$scratch/spool" "$scratch/exim"

cat > "$conf" << END
exim_path = $exim
exim_user = mail
exim_group = mail
spool_directory = $scratch/spool
log_file_path = $scratch/exim/%s
pid_file_path = $scratch/exim/pid
primary_hostname = exim.test.example
host_lookup =
keep_environment = PATH
END
