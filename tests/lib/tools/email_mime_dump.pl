#!/usr/bin/perl
# Reads messages ("BYTES\n" and the message, repeated) from stdin with Email::MIME and Email::Address::XS and writes
# one line of JSON each, as gmime_dump does. For tests/system/test_mime_parsers.py.
use strict;
use warnings;
use Email::Address::XS;
use Email::MIME;
use JSON::PP;

my $json = JSON::PP->new->ascii->canonical;

# The address is taken apart as it was sent and its name decoded after that, as RFC 2047, 6.2 has it.
sub mailbox {
    my ($message, $field) = @_;
    my @list = Email::Address::XS->parse(scalar $message->header_raw($field));
    return [] if @list != 1;
    my $phrase = $list[0]->phrase // '';
    my $holder = Email::MIME->new("X-Name: $phrase\n\n");
    return [ $holder->header_str('X-Name') // '', $list[0]->address ];
}

binmode STDIN;
while (defined(my $head = <STDIN>)) {
    my $n = $head + 0;
    read(STDIN, my $bytes, $n) == $n or die "email_mime_dump: the input ends inside a message\n";
    my $message = Email::MIME->new($bytes);
    my @parts = $message->parts;
    my %out = (
        subject => $message->header_str('Subject'),
        from    => mailbox($message, 'From'),
        to      => mailbox($message, 'To'),
        parts   => scalar @parts,
        text    => $parts[0]->body_str,
    );
    $out{html} = $parts[1]->body_str if @parts > 1;
    print $json->encode(\%out), "\n";
}
