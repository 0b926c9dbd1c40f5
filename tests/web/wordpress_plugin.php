<?php
/**
 * A real WordPress with the plugin: its configuration, and changes of its posts from the command line.
 *
 * Variables: WP_SOCKET of the database, WP_CONTENT, WP_ADDRESS. Arguments: a command, and its values.
 */

$is_configuration = defined( 'ABSPATH' );
$is_configuration || define( 'ABSPATH', '/usr/share/wordpress/' );
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:' . getenv( 'WP_SOCKET' ) );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_CONTENT_DIR', getenv( 'WP_CONTENT' ) );
define( 'WP_HOME', getenv( 'WP_ADDRESS' ) );
define( 'WP_SITEURL', getenv( 'WP_ADDRESS' ) );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
$table_prefix = 'wp_';
ini_set( 'display_errors', 'stderr' );
error_reporting( E_ALL & ~E_DEPRECATED );
if ( $is_configuration ) {
	require_once ABSPATH . 'wp-settings.php';
	return;
}
$command                = $argv[1];
$_SERVER['HTTP_HOST']   = 'gazette.example';
$_SERVER['SERVER_NAME'] = 'gazette.example';
$_SERVER['REQUEST_URI'] = '/';
if ( 'install' === $command ) {
	define( 'WP_INSTALLING', true );
}
require ABSPATH . 'wp-settings.php';
if ( 'install' === $command ) {
	require ABSPATH . 'wp-admin/includes/upgrade.php';
	add_filter( 'pre_wp_mail', '__return_true' );
	wp_install( 'The Harbour Gazette', 'jo', 'jo@gazette.example', true, '', 'pw' );
	wp_delete_post( 1, true );
	switch_theme( 'classic' );
} elseif ( 'activate' === $command ) {
	require ABSPATH . 'wp-admin/includes/plugin.php';
	$error = activate_plugin( 'related-news/related-news.php' );
	if ( is_wp_error( $error ) ) {
		fwrite( STDERR, $error->get_error_message() );
		exit( 1 );
	}
	do_action( 'admin_init' );
	update_option( 'related_news', json_decode( file_get_contents( 'php://stdin' ), true ) );
	echo wp_json_encode( get_option( 'related_news' ) );
} elseif ( 'settings' === $command ) {
	require ABSPATH . 'wp-admin/includes/admin.php';
	set_current_screen( 'settings_page_related_news' );
	\RelatedNews\page_of_settings();
} elseif ( 'publish' === $command ) {
	$post = json_decode( file_get_contents( 'php://stdin' ), true );
	echo wp_insert_post( wp_slash( array( 'post_status' => 'publish', 'post_author' => 1 ) + $post ) );
} elseif ( 'draft' === $command ) {
	wp_update_post( array( 'ID' => $argv[2], 'post_status' => 'draft' ) );
} elseif ( 'trash' === $command ) {
	wp_trash_post( $argv[2] );
} elseif ( 'delete' === $command ) {
	wp_delete_post( $argv[2], true );
} elseif ( 'block' === $command ) {
	$GLOBALS['post'] = get_post( $argv[2] );
	echo do_blocks( '<!-- wp:relnews/related-news {"layout":"cards"} /-->' );
}
