"""The contract's encodings of a configuration (A.1), and what a bot must find in them."""

VECTORS: list[tuple[str, object]] = [
    ("{}", {}),
    ('{"amount":100,"symbol":"BTC/USD"}', {"amount": 100, "symbol": "BTC/USD"}),
    (
        (
            '{"a":{"y":"\\u003cx\\u003e\\u0026\'q\'","z":[1,2.5,-0]},"b":1,"e":1e+21,"f":1e-7,"g":0.000001,'
            '"h":123456789012345680,"n":null,"t":true,"u":"é\\u2028"}'
        ),
        {
            "a": {"y": "<x>&'q'", "z": [1, 2.5, 0]},
            "b": 1,
            "e": 1e21,
            "f": 1e-7,
            "g": 1e-6,
            "h": 123456789012345680,
            "n": None,
            "t": True,
            "u": "é\u2028",
        },
    ),
]
