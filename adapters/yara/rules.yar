// What no trading bot needs. Chosen to stay silent on the client libraries that bots bring along; a second line
// of defence behind the container, not a proof of innocence. Replace the file by your own rules with the setting.

rule eicar_test_file
{
    strings:
        $test = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    condition:
        $test
}

rule shell_over_network_device
{
    strings:
        $interactive = /(ba|z|k)?sh\s+-i\s*[0-9>&<]+\s*\/dev\/tcp\//
        $exec = /exec\s+[0-9]+<>\s*\/dev\/tcp\//
    condition:
        any of them
}

rule python_reverse_shell
{
    strings:
        $connect = /\.connect\(\(/
        $dup = /os\.dup2\(\s*\w+\.fileno\(\)\s*,\s*[012]\s*\)/
        $shell = /(pty\.spawn|subprocess\.(call|run|Popen)|os\.(system|execl|execv))\(\s*\[?\s*["']\/bin\/(ba|z)?sh["']/
    condition:
        all of them
}

rule node_reverse_shell
{
    strings:
        $socket = /new\s+(net|require\(["']net["']\))\.Socket\(/
        $shell = /spawn\(\s*["']\/bin\/(ba|z)?sh["']/
        $pipe = /\.pipe\(\s*\w+\.stdin\s*\)/
    condition:
        all of them
}

rule python_hidden_code
{
    strings:
        $packed = /(exec|eval)\(\s*(__import__\(["']zlib["']\)|zlib)\.decompress\(\s*(__import__\(["']base64["']\)|base64)\.b64decode\(/
        $marshal = /exec\(\s*(__import__\(["']marshal["']\)|marshal)\.loads\(\s*(__import__\(["']base64["']\)|base64|zlib)/
    condition:
        any of them
}

rule coin_miner
{
    strings:
        $pool = "stratum+tcp://"
        $ssl = "stratum+ssl://"
        $miner = "xmrig" nocase
        $algorithm = "randomx" nocase
    condition:
        any of ($pool, $ssl) or ($miner and $algorithm)
}

rule container_escape
{
    strings:
        $release = "/sys/fs/cgroup/" ascii
        $agent = "release_agent"
        $notify = "notify_on_release"
    condition:
        all of them
}
